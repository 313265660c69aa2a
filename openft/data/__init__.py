"""Training data: read, check, mend, convert, split and write it, without a client and without the network.

Each name is loaded when it is first used: an upload's check needs no workbooks, prices or fixes.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openft.data.batch import Batch
    from openft.data.checking import check
    from openft.data.checks.rules import RULES, Rule
    from openft.data.converting import convert
    from openft.data.costs import Cost, Duration, cost, default_epochs, duration, limit_of
    from openft.data.findings import Finding, Severity
    from openft.data.fixes.fix import Fix
    from openft.data.jsonl import RecordLike, encode_records, read_jsonl, write_jsonl
    from openft.data.mapping import mapped
    from openft.data.preparation import Written
    from openft.data.preparing import Prepared, prepare
    from openft.data.reading.readers import open_rows
    from openft.data.reading.source import Source
    from openft.data.report import FileFacts, Report
    from openft.data.rows import Kind
    from openft.data.split import HeldOut, Split, hold_out, split_pairs
    from openft.data.tables import Pair, read_pairs
    from openft.data.tally import Totals, totals
    from openft.data.tokens import Tokens, counter
    from openft.data.upload import Checked, UploadCheck, check_file
else:
    _HOMES = {
        "batch": "Batch",
        "checking": "check",
        "checks.rules": "RULES Rule",
        "converting": "convert",
        "costs": "Cost Duration cost default_epochs duration limit_of",
        "findings": "Finding Severity",
        "fixes.fix": "Fix",
        "jsonl": "RecordLike encode_records read_jsonl write_jsonl",
        "mapping": "mapped",
        "preparation": "Written",
        "preparing": "Prepared prepare",
        "reading.readers": "open_rows",
        "reading.source": "Source",
        "report": "FileFacts Report",
        "rows": "Kind",
        "split": "HeldOut Split hold_out split_pairs",
        "tables": "Pair read_pairs",
        "tally": "Totals totals",
        "tokens": "Tokens counter",
        "upload": "Checked UploadCheck check_file",
    }

    def __getattr__(name):
        from importlib import import_module

        for home, names in _HOMES.items():
            if name in names.split():
                value = globals()[name] = getattr(import_module(f"openft.data.{home}"), name)
                return value
        raise AttributeError(f"module 'openft.data' has no attribute {name!r}")

    def __dir__():
        return sorted(__all__)


__all__ = [
    "RULES",
    "Batch",
    "Checked",
    "Cost",
    "Duration",
    "FileFacts",
    "Finding",
    "Fix",
    "HeldOut",
    "Kind",
    "Pair",
    "Prepared",
    "RecordLike",
    "Report",
    "Rule",
    "Severity",
    "Source",
    "Split",
    "Tokens",
    "Totals",
    "UploadCheck",
    "Written",
    "check",
    "check_file",
    "convert",
    "cost",
    "counter",
    "default_epochs",
    "duration",
    "encode_records",
    "hold_out",
    "limit_of",
    "mapped",
    "open_rows",
    "prepare",
    "read_jsonl",
    "read_pairs",
    "split_pairs",
    "totals",
    "write_jsonl",
]
