"""The small program that owns one pod's processes, and the one that owns the pods' network.

Both run apart from the local cluster, in isolated mode, with the standard library only: they start in tens of
milliseconds, cost a few megabytes, and live on while the cluster program restarts. Nothing here may import the
rest of the project: the folder above is put on the path and the package is imported as `shim`.
"""
