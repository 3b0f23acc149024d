import re
from html import unescape

import httpx

from tests.browser.console_process import Console


def signed_in(console: Console, name: str = "alice") -> httpx.Client:
    """A browser without pages: cookies kept, connection kept, signed in."""
    http = httpx.Client(base_url=console.url, follow_redirects=True, timeout=30)
    form = hidden_fields(http.get("/sign-in/").text)
    answer = http.post("/sign-in/", data={**form, "username": name, "password": console.password})
    if "/sign-in/" in str(answer.url):
        raise RuntimeError(f"{name} could not sign in")
    return http


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden inputs of a page's forms by name, the CSRF token among them."""
    tags = re.findall(r'<input[^>]*type="hidden"[^>]*>', page)
    found = {}
    for tag in tags:
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            found[name[1]] = unescape(value[1])
    return found
