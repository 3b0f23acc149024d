"""TensorBoard event files, by TensorBoard's own writer."""

import time


class EventFile:
    """One file in `folder`, made if missing."""

    def __init__(self, folder: str) -> None:
        # Here, not above: only one pod of a task needs it, and it takes a second and 30 MB.
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._writer = EventFileWriter(folder)

    def write(self, step: int, values: dict[str, float]) -> None:
        """Append one step's numbers and let readers see them."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()
