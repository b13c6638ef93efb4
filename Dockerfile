# An image for tracking, site, worker, beat and drain; which one is the command (see compose.yaml).
# Python 3.13.15. The digest is of the image for every machine; renew it with the tag.
FROM python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b
ENV SOFTCLICK_NO_BOOTSTRAP=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /softclick
RUN pip install --no-cache-dir uv==0.13.9
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups --compile-bytecode
ENV PATH=/softclick/.venv/bin:$PATH
COPY . .
RUN python -m compileall -q network publishers tracking
RUN useradd --system softclick && mkdir -p staticfiles /var/spool/softclick \
    && chown softclick staticfiles /var/spool/softclick
USER softclick
EXPOSE 8000 8001
# What would let it start and then lose money, clicks or secrets ends it here, before its command;
# what is only unwise is in its log.
ENTRYPOINT ["sh", "-c", "python manage.py check --deploy && exec \"$@\"", "--"]
CMD ["python", "manage.py", "serve", "tracking", "--host", "0.0.0.0"]
