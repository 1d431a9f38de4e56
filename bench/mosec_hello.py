"""The models hello, text_in and wait_sync as mosec workers, with answers of the same shape.

HELLO_WAIT: seconds that each prediction takes. HELLO_WORKERS: processes.
"""

# mypy: disable-error-code="import-not-found, import-untyped, misc"
import os
import time
from typing import Any, Dict

from mosec import Server, Worker

WAIT = float(os.environ.get("HELLO_WAIT", "0"))


class Hello(Worker):
    def forward(self, data: Dict[str, Any]) -> Dict[str, Any]:
        if WAIT:
            time.sleep(WAIT)
        given = data["input"]
        output = f"hello {given['name']}" if "name" in given else len(given["text"])
        return {"id": "mosec", "logs": "", "metrics": {"predict_time": 0.0}, "output": output, "status": "succeeded"}


if __name__ == "__main__":
    server = Server()
    server.append_worker(Hello, num=int(os.environ.get("HELLO_WORKERS", "1")), route="/predictions")
    server.run()
