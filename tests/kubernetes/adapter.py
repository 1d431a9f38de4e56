"""The custom metrics that a HorizontalPodAutoscaler reads, scraped from the pods when it asks: what prometheus-adapter
is for a cluster with Prometheus.

Started by node.py: `adapter.py KEYS API PORT`.
"""

from __future__ import annotations

import json
import ssl
import sys
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Optional

GROUP = "custom.metrics.k8s.io"
PATIENCE = 10  # seconds; what does not answer by then has no value


class Adapter(BaseHTTPRequestHandler):
    keys: Path
    api: str

    def do_GET(self) -> None:
        path = urllib.parse.urlsplit(self.path)
        parts = path.path.strip("/").split("/")
        version = "/".join(parts[1:3])
        if len(parts) == 3:
            found = {"groupVersion": version, "resources": [RESOURCE]}
            self.reply({"kind": "APIResourceList", "apiVersion": "v1", **found})
        elif len(parts) == 8 and parts[5] == "pods":  # apis/GROUP/VERSION/namespaces/NAMESPACE/pods/*/METRIC
            selector = dict(urllib.parse.parse_qsl(path.query)).get("labelSelector", "")
            values = [(name, self.value(address, parts[7])) for name, address in self.pods(parts[4], selector)]
            items = [item(parts[4], name, parts[7], value) for name, value in values if value is not None]
            self.reply({"kind": "MetricValueList", "apiVersion": version, "metadata": {}, "items": items})
        else:
            self.reply({"kind": "Status", "status": "Failure", "code": 404}, 404)

    def pods(self, namespace: str, selector: str) -> list[tuple[str, str]]:
        context = ssl.create_default_context(cafile=str(self.keys / "ca.crt"))
        context.load_cert_chain(str(self.keys / "admin.crt"), str(self.keys / "admin.key"))
        query = urllib.parse.urlencode({"labelSelector": selector})
        address = f"{self.api}/api/v1/namespaces/{namespace}/pods?{query}"
        with urllib.request.urlopen(address, context=context, timeout=PATIENCE) as answer:
            pods = json.load(answer)["items"]
        return [(pod["metadata"]["name"], pod["status"]["podIP"]) for pod in pods if "podIP" in pod["status"]]

    def value(self, address: str, metric: str) -> Optional[float]:
        try:
            with urllib.request.urlopen(f"http://{address}:5000/metrics", timeout=PATIENCE) as answer:
                for line in answer.read().decode().splitlines():
                    if line.startswith(f"{metric} "):
                        return float(line.rpartition(" ")[2])
        except OSError:
            pass  # not yet up, or gone
        return None

    def reply(self, content: Any, status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


RESOURCE = {"name": "pods/any", "singularName": "", "namespaced": True, "kind": "MetricValueList", "verbs": ["get"]}


def item(namespace: str, pod: str, metric: str, value: float) -> Any:
    return {
        "describedObject": {"kind": "Pod", "namespace": namespace, "name": pod, "apiVersion": "/v1"},
        "metric": {"name": metric, "selector": None},
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "value": f"{int(value * 1000)}m",
    }


def main() -> None:
    keys, api, port = sys.argv[1:]
    Adapter.keys, Adapter.api = Path(keys), api
    server = ThreadingHTTPServer(("", int(port)), Adapter)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(keys, "apiserver.crt"), Path(keys, "apiserver.key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
