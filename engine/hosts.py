"""The hosts that settings name."""

from urllib.parse import parse_qs, urlsplit

from engine.model.channel import Channel, EmailSettings, PagerDutySettings, SyslogSettings, WebhookSettings


def host_of(channel: Channel) -> str:
    """The host that this channel needs, as far as the settings say; empty for what is on this one, or is a secret."""
    match channel:
        case PagerDutySettings(url=url) | WebhookSettings(url=url) if url.startswith("http"):
            return host_in(url)
        case SyslogSettings(address=address) if not address.startswith("/"):
            return host_in(address)
        case EmailSettings(server=server):
            return server
        case _:
            return ""


def host_in(address: str) -> str:
    """The host in a URL or in `host:port`, an IPv6 address without its brackets; empty where there is none."""
    try:
        return urlsplit(address if "://" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def database_hosts(url: str) -> list[str]:
    """All that a database URL names, which may be several, in its place for them or among its parameters."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    named = [parts.netloc.rpartition("@")[2], *query.get("host", ()), *query.get("hostaddr", ())]
    found = (one for names in named for one in names.split(",") if not one.startswith("/"))
    return [host for host in map(host_in, found) if host]
