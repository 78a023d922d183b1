"""`examples/celery_app.py` with a broker of files, in EXAMPLE_FOLDER."""

import os
from pathlib import Path

from celery_app import app, refund

__all__ = ["app", "refund"]
FOLDER = Path(os.environ["EXAMPLE_FOLDER"])

app.conf.update(
    broker_url="filesystem://",
    broker_transport_options={
        "data_folder_in": str(FOLDER / "queue"),
        "data_folder_out": str(FOLDER / "queue"),
        "control_folder": str(FOLDER / "control"),
    },
    broker_connection_retry_on_startup=False,
    result_backend=f"file://{FOLDER / 'results'}",
)
