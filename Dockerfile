# An image for tracking, site, worker, beat and drain; which one is the command (see compose.yaml).
FROM python:3.13-slim
ENV SOFTCLICK_NO_BOOTSTRAP=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /softclick
RUN pip install --no-cache-dir uv
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups --compile-bytecode
ENV PATH=/softclick/.venv/bin:$PATH
COPY . .
RUN python -m compileall -q network publishers tracking
RUN useradd --system softclick && mkdir -p staticfiles /var/spool/softclick \
    && chown softclick staticfiles /var/spool/softclick
USER softclick
EXPOSE 8000 8001
CMD ["python", "manage.py", "serve", "tracking", "--host", "0.0.0.0"]
