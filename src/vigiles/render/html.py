"""HTML that agent text cannot become part of: a type of its own, made by the functions here and by nothing else.

A ``str`` is always text. It goes through :func:`vigiles.render.text.safe` and is escaped, whoever inserts it; there is no
way to insert it as markup. Tags and attributes come from closed lists, so a page can hold no script, no form, no picture, no
address outside itself. What is written from right to left is shown in the order in which it is stored, and apart from the
words around it: no text can move another text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from vigiles.render.text import safe

#: What may appear in a page. Nothing here runs, loads or sends anything.
TAGS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "main", "header", "footer", "nav", "section", "h1", "h2", "h3", "p"}
    | {"div", "span", "strong", "code", "pre", "bdo", "ul", "ol", "li", "dl", "dt", "dd", "a", "details", "summary"}
    | {"table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption"}
    | {"svg", "g", "path", "line", "text", "desc"}
)
ATTRIBUTES = frozenset(
    {"lang", "dir", "class", "id", "href", "scope", "role", "colspan", "charset", "name", "content", "http-equiv"}
    | {"aria-label", "aria-labelledby", "viewBox", "x", "y", "x1", "x2", "y1", "y2", "d"}
    | {"text-anchor", "direction", "unicode-bidi"}
)
_VOID = frozenset({"meta"})
#: Elements whose content is text alone, so that no element can keep what is written from right to left apart.
_TEXT_ONLY = frozenset({"title", "text", "desc"})
_NAME = re.compile(r"[a-z][a-z0-9 -]*", re.ASCII)
#: Characters of one text that are shown, unless the caller says otherwise.
LIMIT = 2000
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_POLICY = "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
_KEY = object()


class Html:
    """A finished piece of a page. Only this module makes one: a string in its place is escaped or refused."""

    __slots__ = ("_markup",)

    def __init__(self, markup: str, key: object) -> None:
        if key is not _KEY:
            raise TypeError("HTML is made by the functions of vigiles.render.html")
        self._markup = markup

    def __str__(self) -> str:
        """Return the markup."""
        return self._markup

    def __repr__(self) -> str:
        """Return a short form for a developer."""
        return f"<Html of {len(self._markup)} characters>"


#: What may be put into an element: a finished piece, or text, or a number.
Child: TypeAlias = Html | str | int


def text(value: str, limit: int = LIMIT) -> Html:
    """Return ``value`` as text, safe and cut like :func:`vigiles.render.text.safe`."""
    shown = safe(value, limit)
    escaped = html.escape(shown, quote=False)
    if _leans_right(shown):
        escaped = f'<bdo dir="ltr">{escaped}</bdo>'
    return Html(escaped, _KEY)


def element(tag: str, *children: Child, **attributes: str | int | None) -> Html:
    """Return an element. Attributes are named with ``_`` for ``-`` and ``class_`` for ``class``; None leaves one out.

    Raises ``ValueError`` for a tag, an attribute, a class, an id or an address that a page may not have.
    """
    if tag not in TAGS or tag == "style":
        raise ValueError(f"a page has no <{tag}>")
    opened = f"<{tag}{''.join(_attribute(name, value) for name, value in attributes.items() if value is not None)}>"
    if tag in _VOID:
        return Html(opened, _KEY)
    inner = "".join(_plain_child(child) if tag in _TEXT_ONLY else str(_child(child)) for child in children)
    return Html(f"{opened}{inner}</{tag}>", _KEY)


def joined(children: Iterable[Child], between: str = "") -> Html:
    """Return pieces side by side, with the text ``between`` between them."""
    gap = str(text(between)) if between else ""
    return Html(gap.join(str(_child(child)) for child in children), _KEY)


def lines(values: Sequence[str], limit: int = LIMIT) -> Html:
    """Return lines of preformatted text: the line feeds between them are ours, those inside of them are shown."""
    return Html("\n".join(str(text(value, limit)) for value in values), _KEY)


def document(title: str, css: str, body: Sequence[Html]) -> str:
    """Return a whole page under a policy that lets it load nothing and run nothing; ``css`` is its one style sheet.

    Raises ``ValueError`` for a style sheet that could leave its element or load something.
    """
    if "<" in css or "@import" in css or "url(" in css or "\r" in css:
        raise ValueError("a style sheet loads nothing and holds no tag")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY.format(digest=digest)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        Html(f"<style>{css}</style>", _KEY),
    )
    return f"<!DOCTYPE html>\n{element('html', head, element('body', *body), lang='en', dir='ltr')}\n"


def _child(child: Child) -> Html:
    return child if isinstance(child, Html) else text(str(child))


def _plain_child(child: Child) -> str:
    if isinstance(child, Html):
        raise ValueError("this element holds text alone")
    return html.escape("".join(_shown_apart(char) for char in safe(str(child), LIMIT)), quote=False)


def _shown_apart(char: str) -> str:
    return char if not _leans_right(char) else f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def _leans_right(shown: str) -> bool:
    return not shown.isascii() and any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in shown)


def _attribute(name: str, value: str | int) -> str:
    name = name.rstrip("_").replace("_", "-")
    if name not in ATTRIBUTES:
        raise ValueError(f"a page has no attribute {name}")
    shown = safe(str(value), LIMIT * 10)
    if name in ("class", "id") and not _NAME.fullmatch(shown):
        raise ValueError(f"not a {name}: {shown}")
    if name == "href" and not (shown.startswith("#") and _NAME.fullmatch(shown[1:])):
        raise ValueError("a link leads to a place of the same page")
    return f' {name}="{html.escape(shown)}"'
