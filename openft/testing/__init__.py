"""The API in memory, for tests of applications: both wires, its own time, and whatever goes wrong on request.

```python
import openft.testing

api = openft.testing.FakeAPI()
client = api.client()
```

In pytest, the fixture ``openft_api`` is a fresh one for each test.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openft.testing.api import FakeAPI
    from openft.testing.faults import Altered, Cut, Dropped, Fault, Lost, Refused, Slow, Status
    from openft.testing.http import Asked
    from openft.testing.records import FakeFile, FakeJob, FakeModel
    from openft.testing.webhooks import Webhook

else:
    _HOMES = {
        "Asked": "http",
        "FakeAPI": "api",
        "FakeFile": "records",
        "FakeJob": "records",
        "FakeModel": "records",
        "Webhook": "webhooks",
    }

    def __getattr__(name):
        from importlib import import_module

        if name not in __all__:
            raise AttributeError(f"module 'openft.testing' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"openft.testing.{_HOMES.get(name, 'faults')}"), name)
        return value

    def __dir__():
        return sorted(__all__)


__all__ = [
    "Altered",
    "Asked",
    "Cut",
    "Dropped",
    "FakeAPI",
    "FakeFile",
    "FakeJob",
    "FakeModel",
    "Fault",
    "Lost",
    "Refused",
    "Slow",
    "Status",
    "Webhook",
]
