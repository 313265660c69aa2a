"""Training data: read, check and write it, without a client and without the network."""

from openft.data.check import Checked, UploadCheck, check_file
from openft.data.rows import Kind

__all__ = ["Checked", "Kind", "UploadCheck", "check_file"]
