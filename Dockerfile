FROM python:3.13-slim AS build

WORKDIR /src
RUN python -m venv /opt/fifoledger
COPY pyproject.toml README.md LICENSE ./
COPY ledger ledger
COPY reconcile reconcile
COPY sql sql
COPY migrations migrations
RUN /opt/fifoledger/bin/pip install --no-cache-dir ".[service]"


FROM python:3.13-slim

RUN groupadd --system --gid 10001 ledger \
    && useradd --system --uid 10001 --gid ledger --create-home ledger
# Owned by root, so that the process cannot change its own code.
COPY --from=build /opt/fifoledger /opt/fifoledger

ENV PATH=/opt/fifoledger/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

USER 10001:10001
WORKDIR /home/ledger
# Most commands end by themselves; what runs for long brings its own check.
HEALTHCHECK NONE
ENTRYPOINT ["fifoledger"]
CMD ["--help"]
