"""Third-party front-end files are not committed: they are copied out of node_modules."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

# Source maps are not shipped, and hashed storage fails on a reference to a file that is not there.
SOURCE_MAP = re.compile(rb"\n?/[/*][#@] ?sourceMappingURL=.*?(\*/)?\s*$")
OUTLINE = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
FILLED = 'fill="currentColor"'


class Command(BaseCommand):
    help = "Copy the files named in static/vendor.json from node_modules to static/vendor, and draw the icon sprite."

    def handle(self, *args: Any, **options: Any) -> None:
        packages: Path = settings.BASE_DIR / "node_modules"
        wanted = json.loads((settings.BASE_DIR / "static" / "vendor.json").read_text())
        vendor = settings.BASE_DIR / "static" / "vendor"
        making = vendor.with_name("vendor.new")
        shutil.rmtree(making, ignore_errors=True)
        try:
            for source, target in wanted["files"].items():
                path = making / target
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(SOURCE_MAP.sub(b"\n", (packages / source).read_bytes()))
            (making / "icons.svg").write_text(sprite(packages / "@tabler/icons/icons", wanted["icons"]))
        except FileNotFoundError as exc:
            raise CommandError(f"{exc.filename} is not there. Run `npm ci` first.") from exc
        shutil.rmtree(vendor, ignore_errors=True)
        making.rename(vendor)
        self.stdout.write(f"{len(wanted['files'])} files and {len(wanted['icons'])} icons in static/vendor")


def sprite(icons: Path, names: list[str]) -> str:
    """One SVG with a symbol for each name; "circle-check-filled" is the filled variant of "circle-check"."""
    symbols = []
    for name in names:
        style = "filled" if name.endswith("-filled") else "outline"
        text = (icons / style / f"{name.removesuffix('-filled')}.svg").read_text()
        inner = re.sub(r"\n *", "", re.sub(r".*?<svg[^>]*>|</svg>", "", text, flags=re.S).strip())
        paint = FILLED if style == "filled" else OUTLINE
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24" {paint}>{inner}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'
