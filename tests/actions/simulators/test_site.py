"""The simulated site behaves like a place: what is cut is cut, what is spared goes on, and other people meddle."""

from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest

from actions.simulators.events import Op
from actions.simulators.faults import FaultKind
from actions.simulators.site import Site
from engine.errors import InvalidInput, NotFound, TargetRefused, TargetUnavailable
from engine.model.action import Spare
from engine.target_ports import BlockScope
from tests.actions.conftest import Naps, OpenSite

ATTACKER = "203.0.113.44"


async def block(site: Site, scope: BlockScope | None = None, target: str = ATTACKER) -> None:
    await site.firewall.block(ip_address(target), "fl-1", None, scope)


async def test_a_blocked_address_is_cut_in_both_directions_and_nothing_else_is(site: Site) -> None:
    await block(site)
    assert not site.probe.reachable("files-02", ATTACKER, 443)
    assert not site.probe.reachable(ATTACKER, "10.20.4.17", 22, "udp")
    assert site.probe.reachable("files-02", "203.0.113.45", 443)
    assert site.probe.reachable("files-02", "web-01", 443)


async def test_a_narrowed_block_cuts_that_host_on_that_port_only(site: Site) -> None:
    await block(site, BlockScope(host="files-02", port=443))
    assert not site.probe.reachable("files-02", ATTACKER, 443)
    assert site.probe.reachable("files-02", ATTACKER, 80)
    assert site.probe.reachable("files-02", ATTACKER, 443, "udp")
    assert site.probe.reachable("web-01", ATTACKER, 443)


async def test_a_spared_flow_passes_a_block(site: Site) -> None:
    await block(site, BlockScope(spare=(Spare(peer="web-01", port=443),)))
    assert site.probe.reachable("web-01", ATTACKER, 443)
    assert not site.probe.reachable("web-01", ATTACKER, 80)
    assert not site.probe.reachable("files-02", ATTACKER, 443)


async def test_a_blocked_segment_is_cut_at_its_border_and_not_within(site: Site) -> None:
    await site.firewall.block(ip_network("10.20.4.0/24"), "fl-1", None)
    assert not site.probe.reachable("files-01", "bkp-02", 8400)
    assert site.probe.reachable("files-01", "web-01", 443)


async def test_an_isolated_host_keeps_its_spared_flows(site: Site) -> None:
    await site.hosts.isolate("files-02", "fl-1", [Spare(peer="10.20.9.2", port=8400)])
    assert site.probe.reachable("files-02", "bkp-02", 8400)
    assert not site.probe.reachable("files-02", "bkp-02", 22)
    assert not site.probe.reachable("web-01", "files-02", 443)


async def test_closed_ports_are_closed_in_both_directions_and_others_stay_open(site: Site) -> None:
    await site.hosts.close_ports("files-02", [445], "fl-1")
    assert not site.probe.reachable("web-01", "files-02", 445)
    assert not site.probe.reachable("files-02", "web-01", 445)
    assert site.probe.reachable("web-01", "files-02", 443)
    assert (await site.hosts.state("files-02"))["closed_ports"] == [445]


async def test_a_host_is_reachable_as_long_as_one_of_its_addresses_is(site: Site) -> None:
    await block(site, target="10.20.9.2")
    assert site.probe.reachable("web-01", "bkp-02", 22)
    assert not site.probe.reachable("web-01", "10.20.9.2", 22)


async def test_jobs_that_are_cut_are_named(site: Site) -> None:
    assert not site.probe.cut_jobs()
    await site.hosts.isolate("files-01", "fl-1", ())
    assert [job.name for job in site.probe.cut_jobs()] == ["backup"]


async def test_a_service_is_lost_only_with_the_last_of_its_redundancy_group(site: Site) -> None:
    await site.hosts.isolate("files-01", "fl-1", ())
    assert not site.probe.impaired()
    await site.hosts.isolate("files-02", "fl-2", ())
    assert [asset.name for asset in site.probe.impaired()] == ["web-01"]


def test_nobody_probes_what_is_not_there(site: Site) -> None:
    with pytest.raises(NotFound, match="no host `files-99`"):
        site.probe.reachable("files-99", ATTACKER)


async def test_the_site_outlives_the_process_that_changed_it(site: Site, open_site: OpenSite) -> None:
    await block(site)
    site.faults.switch_on(FaultKind.REFUSE, "host.isolate")
    again = open_site()
    assert await again.owned() == await site.owned()
    assert not again.probe.reachable("files-02", ATTACKER)
    assert [*again.faults.active()] == [*site.faults.active()]


async def test_what_is_not_there_is_refused(site: Site) -> None:
    with pytest.raises(TargetRefused, match="no host `files-99`"):
        await site.hosts.require_host("files-99")
    with pytest.raises(TargetRefused, match="no account `nobody`"):
        await site.directory.require_account("nobody")
    with pytest.raises(TargetRefused, match="no message `<x@y>`"):
        await site.mail.require_message(["<x@y>", "<z@y>"])
    with pytest.raises(TargetRefused, match="nothing stands under `fl-1`"):
        await site.firewall.renew("fl-1", None)


class TestOthers:
    async def test_lifting_our_element_lets_traffic_through_and_it_is_not_owned_any_more(self, site: Site) -> None:
        await block(site)
        site.others.lift("fl-1")
        assert site.probe.reachable("files-02", ATTACKER)
        assert not await site.owned()

    async def test_an_altered_element_stands_without_effect_until_it_is_applied_again(self, site: Site) -> None:
        await block(site)
        site.others.alter("fl-1")
        assert site.probe.reachable("files-02", ATTACKER)
        assert (await site.owned())["fl-1"]["effective"] is False
        await block(site)
        assert not site.probe.reachable("files-02", ATTACKER)
        assert (await site.owned())["fl-1"]["effective"] is True

    async def test_enabling_an_account_lifts_our_hold_on_it(self, site: Site) -> None:
        await site.directory.disable("j.doe", "fl-1")
        site.others.enable_account("J.Doe")
        assert await site.directory.enabled("j.doe")
        assert not await site.owned()
        await site.directory.restore("fl-1")
        assert await site.directory.enabled("j.doe")

    async def test_an_account_that_was_disabled_before_stays_so(self, site: Site) -> None:
        await site.directory.disable("svc-old", "fl-1")
        await site.directory.restore("fl-1")
        assert not await site.directory.enabled("svc-old")

    async def test_an_account_that_an_administrator_disables_meanwhile_stays_so(self, site: Site) -> None:
        await site.directory.disable("j.doe", "fl-1")
        site.others.disable_account("j.doe")
        await site.directory.restore("fl-1")
        assert not await site.directory.enabled("j.doe")

    async def test_whoever_signs_in_again_is_left_alone_by_a_retry(self, site: Site) -> None:
        await site.directory.revoke_sessions("j.doe", "fl-1")
        site.others.sign_in("j.doe")
        await site.directory.revoke_sessions("j.doe", "fl-1")
        assert await site.directory.sessions("j.doe") == 1

    def test_their_own_block_goes_when_they_take_it_back(self, site: Site) -> None:
        site.others.place("network.block_ip", ATTACKER, "by hand")
        assert not site.probe.reachable("files-02", ATTACKER)
        site.others.take_back("by hand")
        assert site.probe.reachable("files-02", ATTACKER)

    async def test_we_cannot_take_back_what_is_theirs(self, site: Site) -> None:
        site.others.place("network.block_ip", ATTACKER, "by hand")
        await site.firewall.unblock("by hand")
        await site.remove("by hand")
        assert not site.probe.reachable("files-02", ATTACKER)

    def test_they_touch_only_what_is_there(self, site: Site) -> None:
        with pytest.raises(NotFound):
            site.others.lift("fl-1")
        with pytest.raises(NotFound):
            site.others.take_back("by hand")
        with pytest.raises(InvalidInput):
            site.others.move_job("no such job", "files-02")
        with pytest.raises(InvalidInput):
            site.others.move_job("backup", "files-99")
        with pytest.raises(InvalidInput):
            site.others.enable_account("nobody")
        assert not site.history()


class TestFaults:
    async def test_a_fault_of_one_action_spares_the_others(self, site: Site) -> None:
        site.faults.switch_on(FaultKind.REFUSE, "host.isolate")
        await block(site)
        with pytest.raises(TargetRefused, match="refuses `host.isolate`"):
            await site.hosts.isolate("files-02", "fl-2", ())

    async def test_a_fault_of_all_actions_strikes_each(self, site: Site) -> None:
        site.faults.switch_on(FaultKind.APPLY_BUT_TIME_OUT)
        with pytest.raises(TargetUnavailable):
            await block(site)
        with pytest.raises(TargetUnavailable):
            await site.records.write("notify", "x", {}, "fl-2")
        assert (site.probe.reachable("files-02", ATTACKER), len(site.records.all())) == (False, 1)

    async def test_a_slow_site_takes_its_time(self, site: Site, naps: Naps) -> None:
        site.faults.switch_on(FaultKind.SLOW, delay=timedelta(seconds=7))
        await block(site)
        assert naps.seconds == [7.0]

    async def test_a_counted_fault_is_counted_across_processes(self, site: Site, open_site: OpenSite) -> None:
        site.faults.switch_on(FaultKind.UNREACHABLE, "network.block_ip", times=2)
        other = open_site()
        for one in (site, other):
            with pytest.raises(TargetUnavailable):
                await one.firewall.require_ready()
        await site.firewall.require_ready()
        assert not other.faults.active()

    async def test_one_system_away_hinders_no_removal_in_another(self, site: Site) -> None:
        await block(site)
        site.faults.switch_on(FaultKind.UNREACHABLE, "host.isolate")
        await site.remove("fl-1")
        assert not await site.owned()

    async def test_a_site_out_of_reach_is_sick_and_tells_nothing(self, site: Site) -> None:
        site.faults.switch_on(FaultKind.UNREACHABLE)
        with pytest.raises(TargetUnavailable):
            await site.health()
        with pytest.raises(TargetUnavailable):
            await site.owned()
        site.faults.clear()
        await site.health()


async def test_history_tells_every_change_in_order(site: Site, open_site: OpenSite) -> None:
    await block(site)
    open_site().others.lift("fl-1")
    await block(site)
    await open_site().firewall.unblock("fl-1")
    told = [(event.op, event.owner, event.action, event.target) for event in site.history()]
    element = ("fl-1", "network.block_ip", ATTACKER)
    assert told == [(op, *element) for op in (Op.PLACED, Op.LIFTED, Op.PLACED, Op.RELEASED)]
