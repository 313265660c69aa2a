"""An account's jobs, events, checkpoints, files and models in a plain folder, before they are switched off.

```python
import openft

report = openft.archive.save(openft.Client(), "archive")
print(report.text())
```
"""

from openft.archive.endings import Ending
from openft.archive.manifest import Entry
from openft.archive.meter import Progress
from openft.archive.report import Damage, Held, Report
from openft.archive.saving import save
from openft.archive.verifying import verify

__all__ = ["Damage", "Ending", "Entry", "Held", "Progress", "Report", "save", "verify"]
