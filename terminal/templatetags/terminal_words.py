from django import template

from terminal import wording

register = template.Library()


@register.simple_tag
def log_words() -> dict[str, dict[str, str]]:
    """All that static/js/log.js may say, in the language of the page."""
    return {"endings": wording.ending_words(), "notices": wording.notice_words(), "page": wording.log_words()}
