"""What the terminal's and the log's pages say, handed to their scripts as one dictionary of codes.

{name} stands for a detail of the frame that brought the code.
"""

from django.utils.translation import gettext as _


def ending_words() -> dict[str, str]:
    """By the `reason` of a status frame or of a refused ticket."""
    return {
        "exited": _("The shell ended with exit code {exit_code}."),
        "exited-signal": _("The shell ended with exit code {exit_code}, as after {signal}."),
        "exited-unseen": _("The shell has ended. Its exit code did not come through, because input was left unread."),
        "ended": _("The shell was ended."),
        "left": _("The shell was ended because its page was closed."),
        "lost": _("The connection to the container was lost. How the shell ended is not known."),
        "network": _("The console cannot be reached. If the network comes back soon, the shell is still there."),
        "pod-gone": _("The pod was deleted."),
        "container-ended": _("The container has ended."),
        "container-ended-code": _("The container has ended with exit code {exit_code}."),
        "no-shell": _("The image has no shell: neither bash nor sh could be started."),
        "not-running": _("The container is not running."),
        "no-container": _("The pod has no such container."),
        "not-found": _("The pod is not there, or it is not yours to see."),
        "forbidden": _("You do not have the right to open a shell in this namespace."),
        "forbidden-log": _("You do not have the right to read logs in this namespace."),
        "signed-out": _("You are signed out. Sign in again, then connect."),
        "ticket": _("The permission to connect was used or had expired. Connect again."),
        "idle": _("The shell was ended: nothing was typed for {idle_minutes} minutes."),
        "time-limit": _("The shell was ended: the time limit of your login was reached."),
        "taken-over": _("The shell is now shown in another window."),
        "too-many-yours": _("You have as many shells open as one person may. End one first."),
        "too-many-pod": _("This pod has as many shells open as one pod may."),
        "too-many": _("Too many shells are open in the console. Try again later."),
        "cluster-away": _("The cluster does not answer. Try again soon."),
        "unverified": _("Closed, because nobody could say for a minute whether you still have the right."),
        "relay-stopped": _("The console's terminal process was stopped."),
        "failed": _("The shell could not be started."),
        "log-end": _("This is the end of the log."),
        "no-run-before": _("This container has not been restarted: there is no run before this one."),
    }


def notice_words() -> dict[str, str]:
    """By the `code` of a notice frame."""
    return {
        "closing-idle": _("Nothing was typed for a while: the shell will be ended in {seconds} s. Any key keeps it."),
        "closing-time-limit": _("The time limit of your login is near: the shell will be ended in {seconds} s."),
        "unverified": _("The cluster cannot say whether you still have the right. Input is not passed on meanwhile."),
        "unverified-log": _("The cluster cannot say whether you still have the right."),
        "verified": "",
        "input-dropped": _("What was pasted and not yet read was dropped."),
        "reconnecting": _("The cluster does not answer; trying again."),
        "waiting": _("Waiting for the container: {message}"),
        "restarted": _("The container was restarted ({restarts})."),
        "gap": _("{size} of output skipped"),
    }


def terminal_words() -> dict[str, str]:
    """What else the terminal's script says."""
    return {
        "connecting": _("Connecting…"),
        "starting": _("Starting the shell…"),
        "connected": _("Connected"),
        "resumed": _("Connected again to the same shell"),
        "new-shell": _("The shell before is gone. This is a new one."),
        "reconnecting": _("Connection lost. Trying again…"),
        "ended": _("Ended"),
        "not-connected": _("Not connected"),
        "connect": _("Connect"),
        "reconnect": _("Reconnect"),
        "again": _("New shell"),
        "copied": _("Copied"),
        "no-match": _("No match"),
    }


def log_words() -> dict[str, str]:
    """What else the log's script says."""
    return {
        "connecting": _("Connecting…"),
        "following": _("Following live"),
        "paused": _("Live; the view stays where it is."),
        "reconnecting": _("Connection lost. Trying again…"),
        "ended": _("Ended"),
        "empty": _("The log is empty so far."),
        "lines": _("{count} lines"),
        "matches": _("{count} of {total} lines"),
        "dropped": _("Older lines are not kept on this page. Download the log for all of it."),
        "missed": _("{size} came faster than this page could draw and were skipped."),
    }
