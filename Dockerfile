# The executable, and of Debian only what it needs: the C library, and a user without rights.
#
#   docker build --tag test-service .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --env-file settings.env --publish 127.0.0.1:8001:8001 test-service run

FROM node:24.11.1-trixie-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY . .
# Beside the executable: the libraries it asks for, and what a scanner knows them by.
RUN set -eu; \
    node_modules/.bin/bun scripts/build.ts executable; \
    install -D dist/test-service /root-fs/usr/local/bin/test-service; \
    cd /root-fs; \
    ldd usr/local/bin/test-service | grep -o '/[^ ]*' | while read -r library; do \
      install -D "$library" ".$library"; \
    done; \
    mkdir -p etc var/lib/dpkg/status.d; \
    mkdir -m 1777 tmp; \
    cp -L /etc/os-release etc/; \
    dpkg-query --status libc6 > var/lib/dpkg/status.d/libc6; \
    echo 'test-service:x:10001:10001::/tmp:/usr/sbin/nologin' > etc/passwd; \
    echo 'test-service:x:10001:' > etc/group

FROM scratch
LABEL org.opencontainers.image.title="Test Service" \
      org.opencontainers.image.description="A test service that imitates work with orders" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="0.1.0"
# No engine can be started in here, and the port is published by whoever runs it.
ENV PATH=/usr/local/bin TEST_SERVICE_ENGINES=off TEST_SERVICE_SERVER_HOST=0.0.0.0 TEST_SERVICE_OPS_HOST=0.0.0.0
USER 10001:10001
EXPOSE 8001
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["test-service", "health"]
ENTRYPOINT ["test-service"]
CMD ["run"]
COPY --from=build /root-fs /
