"""The page of the API, written from the tables themselves: `python -m console.api.reference docs/api.md`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from console.api.permissions import ROUTES
from engine.model.permission import ROLES, Permission
from engine.model.principal import Role


def with_tables(page: str) -> str:
    """The page with its tables as the doors now are."""
    for name, rows in (("permissions", permission_rows()), ("routes", route_rows())):
        head, begin, rest = page.partition(f"<!-- {name}: begin -->\n")
        _, end, tail = rest.partition(f"<!-- {name}: end -->")
        page = head + begin + "".join(f"{row}\n" for row in rows) + end + tail
    return page


def permission_rows() -> Iterator[str]:
    """One line a permission, one column a role."""
    yield f"| permission | {' | '.join(Role)} |"
    yield "|---" * (len(Role) + 1) + "|"
    for permission in Permission:
        marks = ("yes" if role in ROLES[permission] else "" for role in Role)
        yield f"| `{permission}` | {' | '.join(marks)} |"


def route_rows() -> Iterator[str]:
    """One line a route."""
    yield "| route | permission |"
    yield "|---|---|"
    for (method, path), permission in sorted(ROUTES.items(), key=lambda route: (route[0][1], route[0][0])):
        yield f"| `{method} {path}` | `{permission}` |"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        file = Path(name)
        file.write_text(with_tables(file.read_text()))
