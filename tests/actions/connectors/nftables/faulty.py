"""The real nft behind a script that misbehaves as it is told."""

from pathlib import Path

from actions.simulators.faults import FaultKind

SCRIPT = """
folder=$1; shift
strikes() {
  [ -f "$folder/$1" ] || return 1
  left=$(cat "$folder/$1")
  case $left in always) ;; 1) rm "$folder/$1" ;; *) echo $((left - 1)) > "$folder/$1" ;; esac
}
refuse() { echo "Error: Could not process rule: refused" >&2; exit 1; }

strikes unreachable && exec sleep 60
gone() { echo "Error: No such file or directory" >&2; exit 1; }
[ "$*" = "-j list table inet fireline" ] && strikes listing_races && gone
theirs="2001:db8::$(($$ / 10000)):$(($$ % 10000))"
[ "$*" = "-c -j -f -" ] && strikes check_races && nft "add element inet fireline addresses6 { $theirs }" && gone
[ "$*" = "-j -f -" ] || exec nft "$@"
batch=$(cat)
case $batch in
  *'"add"'*)
    strikes refuse && refuse
    strikes lie && exit 0
    strikes slow && sleep 0.1
    strikes apply_but_time_out && printf %s "$batch" | nft "$@" && exec sleep 60 ;;
  *)
    strikes release_fails && refuse
    strikes release_lies && exit 0 ;;
esac
printf %s "$batch" | nft "$@"
"""


class FaultyNft:
    """How to call it, and the switches; only what puts an element in place is refused, lied about or slow."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.program = ("sh", "-c", SCRIPT, "nft", str(folder))

    def switch_on(self, fault: FaultKind | str, times: int | None = None) -> None:
        """Let this happen, so often or always."""
        (self._folder / fault).write_text("always" if times is None else str(times))

    def clear(self) -> None:
        """Switch every fault off."""
        for fault in self._folder.iterdir():
            fault.unlink()
