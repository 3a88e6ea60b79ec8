# One image for the API, the workers and the migrations. They are one distribution, and on one machine they share the
# layers; two images would save the API half a gigabyte of disk that the workers beside it need anyway.
# Everything in it runs on processors only: neither JAX nor LightGBM bring CUDA along here.

ARG PYTHON_VERSION=3.11

FROM python:${PYTHON_VERSION}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY tuner tuner
COPY api api
COPY worker worker
COPY migrations migrations
COPY dashboard dashboard
RUN python -m pip wheel --no-deps --wheel-dir /wheels .
# Without pip: what runs in the image has no use for an installer.
RUN python -m venv --without-pip /opt/tuner
RUN python -m pip --python /opt/tuner/bin/python install --no-compile "$(ls /wheels/*.whl)[all]"
# The file system is read-only later. By content, because times of files are not kept everywhere.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/tuner/lib

FROM python:${PYTHON_VERSION}-slim
# LightGBM expects the OpenMP library of the system.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*
# A named volume takes owner and mode from here when it is first used.
RUN install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/tuner /opt/tuner
ENV PATH=/opt/tuner/bin:$PATH \
    HOME=/data \
    LOGNAME=tuner \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TUNER_HOME=/data \
    TUNER_API_HOST=0.0.0.0
WORKDIR /data
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --start-interval=3s --retries=3 CMD ["tuner", "health"]
CMD ["python", "-P", "-m", "api"]
