"""What is answered to which method and path."""

from openft.testing.routes import chat, completions, files, fine_tunes, graders, jobs, models, permissions, uploads
from openft.testing.routes.table import Route, Table

ROUTES = (
    *files.ROUTES,
    *uploads.ROUTES,
    *fine_tunes.ROUTES,
    *jobs.ROUTES,
    *permissions.ROUTES,
    *graders.ROUTES,
    *models.ROUTES,
    *completions.ROUTES,
    *chat.ROUTES,
)
TABLE = Table(ROUTES)

__all__ = ["ROUTES", "TABLE", "Route", "Table"]
