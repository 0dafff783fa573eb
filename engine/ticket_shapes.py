"""How the ticket systems that we know by name are spoken to, in the words of any other; pure.

Sources: Jira Cloud's REST API v3 (issue, comment, transitions, search/jql; text in the Atlassian Document Format), and
ServiceNow's Table API. Both find a ticket again by a field of ours: a label, and `correlation_id`.
"""

from pydantic import JsonValue

from engine.model.ticket import Answer, Call, JiraSettings, RestSettings, ServiceNowSettings, Shape, TicketSystem

DOCUMENT: JsonValue = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "{line}"}]}],
}
"""A paragraph a line."""


def shape(settings: TicketSystem) -> Shape:
    """How these settings are spoken to."""
    match settings:
        case JiraSettings():
            return _jira(settings)
        case ServiceNowSettings():
            return _servicenow(settings)
        case RestSettings():
            return settings.shape


def _jira(settings: JiraSettings) -> Shape:
    fields: JsonValue = {
        "project": {"key": settings.project},
        "issuetype": {"name": settings.issue_type},
        "summary": "{title}",
        "labels": ["fireline", "{key}"],
        "description": DOCUMENT,
    }
    search = f'project = "{settings.project}" AND labels = "{{key}}" ORDER BY created ASC'
    closing = Call(path="/rest/api/3/issue/{ticket}/transitions", body={"transition": {"id": settings.transition}})
    return Shape(
        find=Call(path="/rest/api/3/search/jql", body={"jql": search, "fields": ["key"], "maxResults": 1}),
        found=Answer(ticket="issues.0.key"),
        open=Call(path="/rest/api/3/issue", body={"fields": fields}),
        opened=Answer(ticket="key"),
        comment=Call(path="/rest/api/3/issue/{ticket}/comment", body={"body": DOCUMENT}),
        close=closing if settings.transition else None,
    )


def _servicenow(settings: ServiceNowSettings) -> Shape:
    table, one = "/api/now/table/incident", "/api/now/table/incident/{ticket}"
    incident: dict[str, JsonValue] = {
        "short_description": "{title}",
        "description": "{text}",
        "correlation_id": "{key}",
        "correlation_display": "Fireline",
        "urgency": "{urgency}",
        "impact": "{urgency}",
    }
    if settings.assignment_group:
        incident["assignment_group"] = settings.assignment_group
    over: JsonValue = {"state": settings.state, "close_code": settings.close_code, "close_notes": "{text}"}
    query = "sysparm_query=correlation_id%3D{key}%5EORDERBYsys_created_on&sysparm_fields=sys_id,number&sysparm_limit=1"
    return Shape(
        find=Call(method="GET", path=f"{table}?{query}"),
        found=Answer(ticket="result.0.sys_id", label="result.0.number"),
        open=Call(path=table, body=incident),
        opened=Answer(ticket="result.sys_id", label="result.number"),
        comment=Call(method="PATCH", path=one, body={"work_notes": "{text}"}),
        close=Call(method="PATCH", path=one, body=over) if settings.state else None,
    )
