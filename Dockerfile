# Affectline as a server: docker build -t affectline . && docker run -p 8420:8420 -v affectline:/data affectline
# It prints the address that lets a browser in.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg \
  && rm -rf /var/lib/apt/lists/*
# what is freed goes back to the system (docs/performance.md)
ENV MALLOC_MMAP_THRESHOLD_=1000000 MALLOC_TRIM_THRESHOLD_=16000000
WORKDIR /app
COPY --from=build /app/package.json ./package.json
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/models ./models
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8420
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["serve", "--host", "0.0.0.0", "--library", "/data/library", "--uploads", "/data/uploads"]
