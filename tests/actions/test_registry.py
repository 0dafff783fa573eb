"""Actions are known by being registered, and offered where their connector can carry them out."""

from actions import ACTIONS
from actions.ports import Ports
from actions.registry import ActionSpecs, bind
from actions.simulators.site import Site


def test_every_registered_action_is_known_by_its_id() -> None:
    specs = ActionSpecs()
    assert [spec.id for spec in specs.all()] == sorted(kind.spec.id for kind in ACTIONS)
    assert all(specs.get(spec.id) is spec for spec in specs.all())
    assert specs.get("host.explode") is None


def test_an_id_is_the_name_of_its_file() -> None:
    assert {kind.spec.id.replace(".", "_") for kind in ACTIONS} == {
        kind.__module__.removeprefix("actions.") for kind in ACTIONS
    }


def test_a_site_that_has_everything_carries_out_every_action(site: Site) -> None:
    assert bind("sim", site.ports).keys() == {("sim", kind.spec.id) for kind in ACTIONS}


def test_a_connector_is_offered_only_what_it_can_do(site: Site) -> None:
    bound = bind("edge-1", Ports(firewall=site.firewall))
    assert bound.keys() == {("edge-1", "network.block_ip"), ("edge-1", "network.block_segment")}
