"""The models hello and text_in as a mosec worker, with answers of the same shape."""

# mypy: disable-error-code="import-not-found, import-untyped, misc"
from typing import Any, Dict

from mosec import Server, Worker


class Hello(Worker):
    def forward(self, data: Dict[str, Any]) -> Dict[str, Any]:
        given = data["input"]
        output = f"hello {given['name']}" if "name" in given else len(given["text"])
        return {"id": "mosec", "logs": "", "metrics": {"predict_time": 0.0}, "output": output, "status": "succeeded"}


if __name__ == "__main__":
    server = Server()
    server.append_worker(Hello, route="/predictions")
    server.run()
