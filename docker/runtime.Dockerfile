# An image that serves a Cog model, for any base with Python 3.9 or newer. From the root of the repository:
#   script/wheel && docker build -f docker/runtime.Dockerfile -t cog-cpp .
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}
ENV PYTHONUNBUFFERED=1
COPY dist/*.whl /tmp/wheels/
RUN PIP_BREAK_SYSTEM_PACKAGES=1 pip install --no-index --no-cache-dir /tmp/wheels/*.whl && rm -r /tmp/wheels
WORKDIR /src
EXPOSE 5000
CMD ["python", "-m", "cog.server.http"]
