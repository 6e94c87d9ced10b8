"""``[store]`` in settings.toml."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator


class StoreSettings(BaseModel):
    """Where what must survive is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(default="sqlite:///palaute.db", description="sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE")
    secret: str = Field(
        default="file:palaute.secret",
        description="Keys the person hashes and form nonces: file:PATH (made at the first start when missing) or env:NAME",
    )

    @field_validator("url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError('should begin with "sqlite:///" or "postgresql+psycopg://"')
        return value

    @field_validator("secret")
    @classmethod
    def _is_a_reference(cls, value: str) -> str:
        if not value.startswith(("env:", "file:")):
            raise ValueError('should be a reference such as "env:NAME" or "file:PATH", not the secret itself')
        return value

    def inside(self, folder: Path) -> "StoreSettings":
        """The same with relative paths taken from ``folder``, where the settings file is."""
        url, secret = self.url, self.secret
        if url.startswith("sqlite:///"):
            url = f"sqlite:///{folder.resolve() / url.removeprefix('sqlite:///')}"
        if secret.startswith("file:"):
            secret = f"file:{folder.resolve() / secret.removeprefix('file:')}"
        return StoreSettings(url=url, secret=secret)
