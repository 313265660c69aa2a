"""Training data: read, check and write it, without a client and without the network."""

from openft.data.jsonl import RecordLike, encode_records, read_jsonl, write_jsonl
from openft.data.mapping import mapped
from openft.data.reading.readers import open_rows
from openft.data.reading.source import Source
from openft.data.rows import Kind
from openft.data.split import Split, split_pairs
from openft.data.tables import Pair, read_pairs
from openft.data.upload import Checked, UploadCheck, check_file

__all__ = [
    "Checked",
    "Kind",
    "Pair",
    "RecordLike",
    "Source",
    "Split",
    "UploadCheck",
    "check_file",
    "encode_records",
    "mapped",
    "open_rows",
    "read_jsonl",
    "read_pairs",
    "split_pairs",
    "write_jsonl",
]
