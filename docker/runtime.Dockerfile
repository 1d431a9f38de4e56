# An image that serves a Cog model as user 10001, for any base with Python 3.9 or newer. From the root of the repository:
#   script/wheel && docker build -f docker/runtime.Dockerfile -t localhost/cog-cpp .
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}
ENV PYTHONUNBUFFERED=1
COPY dist/cog_cpp-*.whl /tmp/wheels/
RUN set -e; set -- /tmp/wheels/*.whl; \
    [ $# -eq 1 ] || { echo "dist/ holds $# wheels of cog-cpp; remove it and run script/wheel again" >&2; exit 1; }; \
    PIP_BREAK_SYSTEM_PACKAGES=1 pip install --no-index --no-cache-dir "$1"; \
    rm -r /tmp/wheels
# By hand: not every base has useradd.
RUN echo cog:x:10001: >>/etc/group && echo cog:x:10001:10001::/home/cog:/bin/sh >>/etc/passwd && \
    mkdir -p /home/cog /src && chown 10001:10001 /home/cog /src
ENV HOME=/home/cog
WORKDIR /src
EXPOSE 5000
USER 10001
HEALTHCHECK --interval=10s --timeout=5s --start-period=5m \
  CMD ["python3", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:%s/livez' % os.environ.get('PORT', 5000), timeout=4)"]
CMD ["python", "-m", "cog.server.http"]
