"""Jira and ServiceNow as their public documentation describes them, as far as tickets need, on loopback.

Sources: Jira Cloud platform REST API v3 (Issues, Issue comments, Issue search by JQL, transitions), and ServiceNow's
Table API. Each refuses what the real one would: other methods and paths, a wrong sign-in, unknown fields.
"""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from engine.model.base import Json

USER, PASSWORD = "fireline@example.org", "ticket-password-value"
Asked = tuple[int, object]


@dataclass
class Tickets:
    """What a system holds: tickets by their name, what was asked of it in turn, and troubles it is to have first."""

    url: str = ""
    held: dict[str, Json] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    troubles: dict[str, list[int]] = field(default_factory=dict)
    """Statuses by call, given in turn instead of doing it; a negative one is given after having done it."""


Answers = Callable[[Tickets, str, str, Json], Asked]


def jira(tickets: Tickets, method: str, path: str, body: Json) -> Asked:
    """`SEC-1`, `SEC-2` …"""
    issue = re.fullmatch(r"/rest/api/3/issue/(SEC-\d+)/(comment|transitions)", path)
    if (method, path) == ("POST", "/rest/api/3/search/jql"):
        wanted = re.fullmatch(r'project = "SEC" AND labels = "([\w-]+)" ORDER BY created ASC', str(body["jql"]))
        found = [name for name, one in tickets.held.items() if wanted and wanted[1] in one["labels"]]  # type: ignore[operator]
        return (200, {"issues": [{"key": name} for name in found], "isLast": True}) if wanted else (400, {})
    if (method, path) == ("POST", "/rest/api/3/issue"):
        return _jira_open(tickets, body["fields"])  # type: ignore[arg-type]
    if method == "POST" and issue and issue[1] in tickets.held:
        return _jira_follow(tickets, issue[1], issue[2], body)
    return 404, {"errorMessages": ["Issue does not exist or you do not have permission to see it."]}


def _jira_open(tickets: Tickets, fields: Json) -> Asked:
    unknown = fields.keys() - {"project", "issuetype", "summary", "labels", "description"}
    summary = str(fields["summary"])
    if unknown or fields["project"] != {"key": "SEC"} or len(summary) > 255 or "\n" in summary:
        return 400, {"errors": {"summary": "is not as it has to be"}}
    name = f"SEC-{len(tickets.held) + 1}"
    tickets.held[name] = fields
    tickets.said[name] = document(fields["description"])
    return 201, {"id": "10000", "key": name, "self": f"{tickets.url}/rest/api/3/issue/10000"}


def _jira_follow(tickets: Tickets, name: str, what: str, body: Json) -> Asked:
    if what == "comment":
        tickets.said[name] += document(body["body"])
        return 201, {"id": "1"}
    if body != {"transition": {"id": "31"}} or name in tickets.closed:
        return 400, {"errorMessages": ["Transition id is not valid for this issue."]}
    tickets.closed.append(name)
    return 204, None


def document(value: object) -> list[str]:
    """The paragraphs of a document in the Atlassian Document Format; anything else is none."""
    assert isinstance(value, dict)
    assert (value["type"], value["version"], set(value)) == ("doc", 1, {"type", "version", "content"})
    paragraphs = [one["content"] for one in value["content"] if one["type"] == "paragraph"]
    assert all(node["type"] == "text" and node["text"] for content in paragraphs for node in content)
    return ["".join(node["text"] for node in content) for content in paragraphs]


def servicenow(tickets: Tickets, method: str, path: str, body: Json) -> Asked:
    """`INC0010001` … by their `sys_id`."""
    parts = urlsplit(path)
    if parts.path == "/api/now/table/incident" and method == "GET":
        wanted = parse_qs(parts.query)["sysparm_query"][0].removesuffix("^ORDERBYsys_created_on").partition("=")
        found = [one for one in tickets.held.values() if one[wanted[0]] == wanted[2]]
        return 200, {"result": [{"sys_id": one["sys_id"], "number": one["number"]} for one in found]}
    if parts.path == "/api/now/table/incident" and method == "POST":
        count = len(tickets.held) + 1
        made: Json = {**body, "sys_id": f"{count:032x}", "number": f"INC001000{count}"}
        tickets.held[str(made["sys_id"])] = made
        tickets.said[str(made["sys_id"])] = str(body["description"]).splitlines()
        return 201, {"result": made}
    return _servicenow_follow(tickets, method, parts.path.removeprefix("/api/now/table/incident/"), body)


def _servicenow_follow(tickets: Tickets, method: str, name: str, body: Json) -> Asked:
    if method != "PATCH" or name not in tickets.held:
        return 404, {"error": {"message": "No Record found"}, "status": "failure"}
    if "work_notes" in body:
        tickets.said[name] += str(body["work_notes"]).splitlines()
    if body.get("state") == "6":
        assert body["close_code"] and body["close_notes"]
        tickets.closed.append(name)
    return 200, {"result": tickets.held[name]}


@contextmanager
def serving(answers: Answers) -> Iterator[Tickets]:
    """A ticket system for as long as the block lasts."""
    tickets = Tickets()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            call = f"{self.command} {urlsplit(self.path).path}"
            tickets.calls.append(call)
            tickets.bodies.append(data.decode())
            status, answer = self._judged(call, json.loads(data or b"{}"))
            body = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _judged(self, call: str, body: Json) -> Asked:
            expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if self.headers["Authorization"] != f"Basic {expected}":
                return 401, {}
            waiting = next((troubles for part, troubles in tickets.troubles.items() if part in call and troubles), [])
            trouble = waiting.pop(0) if waiting else 0
            if trouble > 0:
                return trouble, {}
            done = answers(tickets, self.command, self.path, body)
            return (-trouble, {}) if trouble else done

        do_GET = do_POST = do_PATCH = do_PUT = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        tickets.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield tickets
        finally:
            server.shutdown()
            thread.join()
