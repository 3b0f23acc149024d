"""Each training mode as a small picture: boxes, lines and words on a canvas of 640 x 300, coloured by the theme."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

WIDTH, HEIGHT = 640, 300
_TOP, _MIDDLE, _STORE = 20, 120, 236
_BOX_WIDTH, _BOX_HEIGHT = 112, 48
_COMPUTES = "GPU × n"


@dataclass(frozen=True, slots=True)
class Box:
    x: int
    y: int
    title: str | Promise
    note: str | Promise = ""
    kind: str = "role"  # "role", "optional", "store"
    width: int = _BOX_WIDTH
    height: int = _BOX_HEIGHT

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def title_y(self) -> int:
        return self.y + self.height // 2 + (-3 if self.note else 5)

    @property
    def note_y(self) -> int:
        return self.y + self.height // 2 + 15

    @property
    def bottom(self) -> int:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Line:
    path: str  # of an SVG path
    kind: str = "both"  # arrow heads: "both", "to"; "control" is dashed, to its end


@dataclass(frozen=True, slots=True)
class Label:
    x: int
    y: int
    words: Promise


@dataclass(frozen=True, slots=True)
class Drawing:
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...] = ()


_GRADIENTS = pgettext_lazy("drawing", "gradients, parameters")
_AVERAGES = pgettext_lazy("drawing", "averaged gradients")
_STARTS = pgettext_lazy("drawing", "starts")
_STEERS = pgettext_lazy("drawing", "steers")
_LOADS = pgettext_lazy("drawing", "data, checkpoints")
_DATA = pgettext_lazy("drawing", "Training data")
_OPTIONAL = pgettext_lazy("drawing", "optional")


def drawing_of(framework: str, mode: str) -> Drawing:
    return _DRAWINGS[f"{framework}.{mode}"]


def _row(y: int, titles: list[str], left: int, right: int, note: str = "") -> list[Box]:
    """Boxes side by side, evenly between two edges."""
    gap = (right - left - len(titles) * _BOX_WIDTH) // max(len(titles) - 1, 1)
    if len(titles) == 1:
        return [Box((left + right - _BOX_WIDTH) // 2, y, titles[0], note)]
    return [Box(left + index * (_BOX_WIDTH + gap), y, title, note) for index, title in enumerate(titles)]


def _store(middle: int) -> Box:
    return Box(middle - 80, _STORE, _DATA, "checkpoints", "store", width=160)


def _evaluator() -> Box:
    return Box(WIDTH - _BOX_WIDTH - 12, _MIDDLE, "Evaluator", _OPTIONAL, "optional")


def _down(upper: Box, lower: Box, kind: str = "both") -> Line:
    return Line(f"M{upper.middle} {upper.bottom}L{lower.middle} {lower.y}", kind)


def _all_with_all(uppers: list[Box], lowers: list[Box], kind: str = "both") -> list[Line]:
    return [_down(upper, lower, kind) for upper in uppers for lower in lowers]


def _reads(boxes: list[Box], store: Box) -> list[Line]:
    """From each box down, and over to the store."""
    bend = store.y - 22
    lines = []
    for index, box in enumerate(boxes):
        entry = store.x + store.width * (index + 1) // (len(boxes) + 1)
        lines.append(Line(f"M{box.middle} {box.bottom}V{bend}H{entry}V{store.y}"))
    return lines


def _with_evaluator(boxes: list[Box], lines: list[Line], store: Box) -> tuple[list[Box], list[Line]]:
    evaluator = _evaluator()
    middle = store.y + store.height // 2
    line = Line(f"M{evaluator.middle} {evaluator.bottom}V{middle}H{store.x + store.width}")
    return [*boxes, evaluator, store], [*lines, line]


def _single() -> Drawing:
    worker, store = Box(190, 70, "Worker", _COMPUTES, height=90, width=150), _store(265)
    boxes, lines = _with_evaluator([worker], [Line(f"M{worker.middle} {worker.bottom}V{store.y}")], store)
    return Drawing(tuple(boxes), tuple(lines), (Label(worker.middle - 70, 205, _LOADS),))


def _parameter_servers(middle_titles: list[str]) -> Drawing:
    servers = _row(_TOP, ["PS 0", "PS n"], 110, 390)
    workers = _row(_MIDDLE, middle_titles, 20, 480, _COMPUTES)
    store = _store(250)
    lines = [*_all_with_all(servers, workers), *_reads(workers, store)]
    boxes, lines = _with_evaluator([*servers, *workers], lines, store)
    return Drawing(tuple(boxes), tuple(lines), (Label(500, 90, _GRADIENTS),))


def _mxnet() -> Drawing:
    scheduler = Box(20, _TOP, "Scheduler")
    servers = _row(_TOP, ["Server 0", "Server n"], 240, 520)
    workers = _row(_MIDDLE, ["Worker 0", "Worker 1", "Worker n"], 120, 620, _COMPUTES)
    store = _store(370)
    control = [
        Line(f"M{scheduler.x + scheduler.width} 44H{servers[0].x}", "control"),
        _down(scheduler, workers[0], "control"),
    ]
    lines = [*control, *_all_with_all(servers, workers), *_reads(workers, store)]
    labels = (Label(186, 34, _STEERS), Label(566, 90, _GRADIENTS))
    return Drawing((scheduler, *servers, *workers, store), tuple(lines), labels)


def _pytorch() -> Drawing:
    master = Box(264, _TOP, "Master", _COMPUTES)
    workers = _row(_MIDDLE, ["Worker 0", "Worker 1", "Worker n"], 70, 570, _COMPUTES)
    store = _store(320)
    lines = [*_all_with_all([master], workers), *_neighbours(workers), *_reads(workers, store)]
    return Drawing((master, *workers, store), tuple(lines), (Label(510, 88, _AVERAGES),))


def _mpi() -> Drawing:
    launcher = Box(264, _TOP, "Launcher", "mpirun")
    workers = _row(_MIDDLE, ["Worker 0", "Worker 1", "Worker n"], 70, 570, _COMPUTES)
    store = _store(320)
    ring = Line(f"M{workers[0].middle} {workers[0].bottom}V190H{workers[2].middle}V{workers[2].bottom}")
    lines = [*_all_with_all([launcher], workers, "control"), *_neighbours(workers), ring]
    lines.append(Line(f"M320 190V{store.y}"))
    labels = (Label(470, 84, _STARTS), Label(570, 206, _AVERAGES))
    return Drawing((launcher, *workers, store), tuple(lines), labels)


def _neighbours(boxes: list[Box]) -> list[Line]:
    middle = boxes[0].y + boxes[0].height // 2
    return [Line(f"M{left.x + left.width} {middle}H{right.x}") for left, right in zip(boxes, boxes[1:], strict=False)]


_DRAWINGS = {
    "tensorflow.single": _single(),
    "tensorflow.ps-worker": _parameter_servers(["Worker 0", "Worker 1", "Worker n"]),
    "tensorflow.ps-chief-worker": _parameter_servers(["Chief", "Worker 0", "Worker n"]),
    "mxnet.distributed": _mxnet(),
    "pytorch.distributed": _pytorch(),
    "mpi.allreduce": _mpi(),
}
