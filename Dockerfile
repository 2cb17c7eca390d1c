FROM node:24-bookworm-slim AS build
WORKDIR /app

# The manifests alone, so that a change of the sources keeps the layer with the packages.
COPY package.json package-lock.json ./
# No install scripts: the driver for this Node.js brings its binaries along, and the other one would need a compiler.
RUN npm ci --ignore-scripts --no-audit --no-fund

COPY . .
RUN node scripts/build.js

# What is bundled need not lie beside the bundle, too: only what it loads at run time stays, the driver and the docs pages.
# A package that is missing in this list makes the image larger, not wrong.
RUN npm uninstall --no-save --ignore-scripts --omit=dev --no-audit --no-fund \
      better-sqlite3 @fastify/type-provider-typebox @sinclair/typebox commander content-disposition fastify fflate jose \
 && cd node_modules \
 && rm -rf better-sqlite3-napi/deps better-sqlite3-napi/src node-addon-api \
 && find better-sqlite3-napi/prebuilds -type f ! -name "linux-$(node -p process.arch).node" -delete \
 && find . -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
 && find . -type d -empty -delete

# A platform without a binary fails here rather than at the first start.
RUN node -e "new (require('better-sqlite3-napi'))(':memory:').close()"
# A checkout that only its owner can read would give an image that only root can run.
RUN chmod -R a+rX /app


FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="bytenite-emulator" \
      org.opencontainers.image.description="A local emulator of the ByteNite HTTP API" \
      org.opencontainers.image.licenses="MIT"

# Open to every user, as the image is to run under any uid; a new volume takes this mode over.
RUN install -d -m 1777 /data

WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/migrations migrations
COPY --from=build /app/dist dist

# The loopback address of a container cannot be reached from outside it.
ENV BYTENITE_EMULATOR_HOST=0.0.0.0 \
    BYTENITE_EMULATOR_DATA=/data
EXPOSE 2983
VOLUME /data

# A number, since an orchestrator that insists on "not root" cannot judge a name.
USER 1000:1000
STOPSIGNAL SIGTERM

# The check takes its settings from the environment: another port is to be set by BYTENITE_EMULATOR_PORT, not by --port.
# No start period: newer engines would then make the first check at an interval of their own, which is longer than this one.
HEALTHCHECK --interval=3s --timeout=4s --retries=10 \
  CMD ["node", "/app/dist/cli.js", "healthcheck"]

# Flags go behind the name of the image; without a shell in between, signals reach the program.
ENTRYPOINT ["node", "/app/dist/cli.js"]
