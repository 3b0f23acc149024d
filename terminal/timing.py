from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Every duration of a session, in seconds. Tests shorten them."""

    check: float = 15  # between two looks at login, rights and pod (security.md 3.5: cut within 20 s)
    check_limit: float = 4  # one look; longer means "cannot say"
    unsure: float = 60  # without an answer; input is refused meanwhile
    grace: float = 60  # a shell waits for a browser whose network dropped
    reload_grace: float = 5  # ... for a page that said goodbye: a reload comes back within it, a closed page never
    idle: float = 30 * 60  # without input
    longest: float = 12 * 3600
    warn: float = 120  # before either
    attach: float = 10  # the first frame after the handshake
    ack: float = 10  # a browser that acks nothing for so long does not hold up the program any more
    ping: float = 20  # load balancers cut after 60
    silent: float = 60  # neither byte nor pong from the cluster: lost
    mark: float = 10  # for the shell's first output; what is typed earlier waits
    end: float = 6  # for the second exec that ends the shell
    hush: float = 0.025  # two of these without output end the skipping after ^C
    skip: float = 0.5  # ... and this does in any case
    explain: tuple[float, ...] = (0, 0.5, 1)  # pauses before looking at a container whose shell was killed
    unread: float = 10  # much typed and nothing said: ask whether the shell still lives
