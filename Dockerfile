# The bridge alone: no compiler, no tests, no secrets. How to run it: docs/operating.md.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/bridge
COPY requirements.txt /tmp/requirements.txt
# Exact versions, each with its hashes: nothing else can get in.
RUN /opt/bridge/bin/pip install --require-hashes --no-deps --only-binary :all: -r /tmp/requirements.txt \
    && /opt/bridge/bin/pip check
COPY bot /opt/bridge/app/bot
COPY handlers /opt/bridge/app/handlers
COPY migrations /opt/bridge/app/migrations
RUN printf '#!/opt/bridge/bin/python\nfrom bot.cli import main\n\nmain()\n' > /opt/bridge/bin/slack-crisp-bridge \
    && chmod 755 /opt/bridge/bin/slack-crisp-bridge \
    && PYTHONPATH=/opt/bridge/app /opt/bridge/bin/slack-crisp-bridge --version \
    && /opt/bridge/bin/python -m compileall -q /opt/bridge/app

FROM python:3.11-slim
RUN useradd --no-log-init --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin bridge \
    && install -d -o bridge -g bridge -m 700 /data
COPY --from=build /opt/bridge /opt/bridge
# The root file system may be read-only: the database is the one thing that is written.
ENV PATH=/opt/bridge/bin:$PATH \
    PYTHONPATH=/opt/bridge/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BRIDGE_DATABASE=/data/bridge.db \
    BRIDGE_HTTP_PORT=3000
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['BRIDGE_HTTP_PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["slack-crisp-bridge"]
CMD ["run"]
