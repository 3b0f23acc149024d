_LINE_SEARCH_BYTES = 64 * 1024


class Scrollback:
    """The last bytes of a stream, addressed by their absolute offset: what a returning browser is sent. Pure.

    Holds `capacity` bytes; older ones are overwritten. Memory is taken as it fills.
    """

    __slots__ = ("_data", "capacity", "end")

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._data = bytearray(capacity)  # zeroed lazily by the kernel: an idle session holds a page or two
        self.end = 0  # offset after the newest byte

    @property
    def start(self) -> int:
        """Offset of the oldest byte still held."""
        return max(0, self.end - self.capacity)

    def append(self, data: bytes) -> None:
        self.end += len(data)
        data = data[-self.capacity :]
        at = (self.end - len(data)) % self.capacity
        first = min(len(data), self.capacity - at)
        self._data[at : at + first] = data[:first]
        self._data[: len(data) - first] = data[first:]

    def read(self, offset: int, limit: int) -> bytes:
        """Up to `limit` bytes from `offset`, which must lie between start and end."""
        if not self.start <= offset <= self.end:
            raise ValueError(f"offset {offset} is not within {self.start}…{self.end}")
        length = min(limit, self.end - offset)
        at = offset % self.capacity
        first = bytes(self._data[at : at + min(length, self.capacity - at)])
        return first if len(first) == length else first + bytes(self._data[: length - len(first)])

    def line_start(self, offset: int) -> int:
        """Where to begin reading at or after `offset`: a line's start, else at least a character's.

        A replay that begins inside an escape sequence or a character would draw rubbish.
        """
        offset = max(offset, self.start)
        if offset == 0:
            return 0
        ahead = self.read(offset, _LINE_SEARCH_BYTES)
        newline = ahead.find(b"\n")
        if newline >= 0:
            return offset + newline + 1
        inside = next((i for i, byte in enumerate(ahead[:4]) if byte & 0xC0 != 0x80), 0)  # UTF-8: 10xxxxxx goes on
        return offset + inside
