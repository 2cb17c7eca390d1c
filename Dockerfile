FROM node:24-bookworm-slim AS build
WORKDIR /app

# The manifests alone, so that a change of the sources keeps the layer with the packages.
COPY package.json package-lock.json ./
# No install scripts: the driver for this Node.js brings its binaries along, the one of the tests would need a compiler, and there
# are no sources yet to be built.
RUN npm ci --ignore-scripts --no-audit --no-fund

COPY . .
RUN node scripts/build.js

# What is bundled need not lie beside the bundle, too: only what it loads at run time stays, the driver and the docs pages.
RUN npm uninstall --no-save --ignore-scripts --omit=dev --no-audit --no-fund @sinclair/typebox \
 && cd node_modules \
 && rm -rf better-sqlite3-napi/deps better-sqlite3-napi/src node-addon-api \
 && find better-sqlite3-napi/prebuilds -type f ! -name "linux-$(node -p process.arch).node" -delete \
 && find . -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
 && find . -type d -empty -delete

# A platform without a binary fails here rather than at the first start.
RUN node -e "new (require('better-sqlite3-napi'))(':memory:').close()"

# The image in a folder: Node.js, the libraries that it and the driver are linked with, and the emulator. No shell, no package
# manager, nothing else to keep up to date; it is half of what the smallest base image with Node.js would weigh.
WORKDIR /image
RUN install -d app etc/ssl/certs usr/local/bin init \
 # Open to every user, as the image is to run under any uid; a new volume takes the mode of /data over.
 && install -d -m 1777 data tmp \
 && cp "$(command -v node)" usr/local/bin/ \
 && ldd usr/local/bin/node /app/node_modules/better-sqlite3-napi/prebuilds/*/*.node \
      | grep -oE '/[^ ]+\.so[^ ]*' | sort -u | xargs -I{} cp -L --parents {} . \
 && echo 'node:x:1000:1000::/data:/sbin/nologin' > etc/passwd \
 && echo 'node:x:1000:' > etc/group \
 # By its name, as in `docker exec CONTAINER bytenite-emulator env`; there is no /usr/bin/env for the first line of dist/cli.js.
 && printf '#!/usr/local/bin/node\nrequire("/app/dist/cli.cjs")\n' > usr/local/bin/bytenite-emulator \
 && chmod 755 usr/local/bin/bytenite-emulator \
 && cp -R /app/package.json /app/LICENSE /app/node_modules /app/migrations /app/dist app/ \
 # A checkout that only its owner can read would give an image that only root can run.
 && chmod -R a+rX app
RUN chroot /image /usr/local/bin/bytenite-emulator --version


FROM scratch
LABEL org.opencontainers.image.title="bytenite-emulator" \
      org.opencontainers.image.description="A local emulator of the ByteNite HTTP API" \
      org.opencontainers.image.licenses="MIT"

COPY --from=build /image /

# The loopback address of a container cannot be reached from outside it. Its log is what there is to look at.
ENV PATH=/usr/local/bin \
    BYTENITE_EMULATOR_HOST=0.0.0.0 \
    BYTENITE_EMULATOR_DATA=/data \
    BYTENITE_EMULATOR_INIT=/init \
    BYTENITE_EMULATOR_LOG_LEVEL=info
EXPOSE 2983
VOLUME /data
WORKDIR /app

# A number, since an orchestrator that insists on "not root" cannot judge a name.
USER 1000:1000
STOPSIGNAL SIGTERM

# The check takes its settings from the environment: another port is to be set by BYTENITE_EMULATOR_PORT, not by --port.
# No start period: newer engines would then make the first check at an interval of their own, which is longer than this one.
HEALTHCHECK --interval=3s --timeout=4s --retries=10 \
  CMD ["/usr/local/bin/bytenite-emulator", "healthcheck"]

# Flags go behind the name of the image; without a shell in between, signals reach the program.
ENTRYPOINT ["/usr/local/bin/bytenite-emulator"]
