"""The local cluster's kubelet: pods as real process groups in namespaces of their own."""

from console.localcluster.kubelet.exec_session import ExecHandle, ExecRefused
from console.localcluster.kubelet.kubelet import Kubelet
from console.localcluster.kubelet.logs import LogRefused

__all__ = ["ExecHandle", "ExecRefused", "Kubelet", "LogRefused"]
