"""The models hello, text_in, wait_sync and wait_batch as mosec workers, with answers of the same shape.

HELLO_WAIT: seconds that each prediction takes. HELLO_WORKERS: processes. HELLO_BATCH: predictions in one call.
"""

# mypy: disable-error-code="import-not-found, import-untyped, misc"
import os
import time
from typing import Any, Dict

from mosec import Server, Worker

WAIT = float(os.environ.get("HELLO_WAIT", "0"))
BATCH = int(os.environ.get("HELLO_BATCH", "1"))


class Hello(Worker):
    def forward(self, data: Any) -> Any:
        if WAIT:
            time.sleep(WAIT)
        return [answer(item) for item in data] if isinstance(data, list) else answer(data)


def answer(data: Dict[str, Any]) -> Dict[str, Any]:
    given = data["input"]
    output = f"hello {given['name']}" if "name" in given else len(given["text"])
    return {"id": "mosec", "logs": "", "metrics": {"predict_time": 0.0}, "output": output, "status": "succeeded"}


if __name__ == "__main__":
    server = Server()
    together = {"max_batch_size": BATCH, "max_wait_time": 5} if BATCH > 1 else {}
    server.append_worker(Hello, num=int(os.environ.get("HELLO_WORKERS", "1")), route="/predictions", **together)
    server.run()
