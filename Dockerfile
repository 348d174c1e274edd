# The relay alone: `docker build -t deckle-relay .` How to run it is in docs/relay.md.

FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# No install scripts: the native package brings its binaries along, and nothing else is needed to build the relay.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/build.ts relay
RUN rm -rf node_modules && npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
WORKDIR /app
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/dist/relay ./dist/relay
COPY --from=build /src/package.json /src/LICENSE ./
RUN ln -s /app/dist/relay/cli.js /usr/local/bin/deckle-relay \
  && install -d -o node -g node -m 0700 /data
USER node
# Members only: DECKLE_RELAY_URL says where apps reach it, and without it the relay says so and ends.
ENV NODE_ENV=production DECKLE_RELAY_DATA=/data DECKLE_RELAY_HOST=0.0.0.0
VOLUME /data
EXPOSE 8137
# Drains: new sockets are refused, what arrived is committed, clients are told to come back.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["deckle-relay", "health"]
ENTRYPOINT ["deckle-relay"]
CMD ["serve"]
