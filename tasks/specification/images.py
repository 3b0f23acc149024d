"""Whether an image can be asked for. The grammar is the registries' own."""

import ipaddress

from console.registries.references import parse_image
from tasks.specification.findings import Code, Finding, error


def check_image(text: str, path: str = "image") -> list[Finding]:
    if not text:
        return [error(Code.REQUIRED, path)]
    image = parse_image(text)
    if image is None:
        return [error(Code.IMAGE_INVALID, path)]
    if _is_link_local(image.host):
        # The nodes would ask a cloud's metadata service on behalf of whoever typed this.
        return [error(Code.IMAGE_HOST, path, host=image.host)]
    return []


def _is_link_local(host: str) -> bool:
    address = host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    try:
        return ipaddress.ip_address(address).is_link_local
    except ValueError:
        return False
