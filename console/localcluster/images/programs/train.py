"""trainyard/train:1: a small training that really runs across pods; see training/main.py for its arguments."""

import sys

from training.main import main  # type: ignore[import-not-found]  # beside this file, in the image

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
