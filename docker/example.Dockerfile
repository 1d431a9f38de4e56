# An example on the runtime image:
#   docker build -f docker/example.Dockerfile -t cog-image examples/image
#   docker run --rm -p 8393:5000 --stop-timeout 30 cog-image
ARG RUNTIME=localhost/cog-cpp
FROM ${RUNTIME}
USER root
COPY . /src
RUN if [ -f requirements.txt ]; then PIP_BREAK_SYSTEM_PACKAGES=1 pip install --no-cache-dir -r requirements.txt; fi
USER 10001
ENV COG_PREDICT_TYPE_STUB=predict.py:Predictor
