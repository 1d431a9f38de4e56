# All that building and testing need; the source is mounted. From the root of the repository:
#   docker build -f docker/development.Dockerfile -t localhost/cog-cpp-development .
#   docker run --rm -it --init --privileged -v "$PWD:/work" localhost/cog-cpp-development script/test
# The tests start a Docker engine of their own, which needs --privileged.
FROM debian:bookworm
COPY script/bootstrap /tmp/bootstrap
RUN /tmp/bootstrap wheel test bench && rm /tmp/bootstrap && rm -rf /var/lib/apt/lists/*
WORKDIR /work
CMD ["bash"]
