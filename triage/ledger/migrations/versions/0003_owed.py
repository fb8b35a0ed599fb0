"""Whose conclusions are still to be drawn, so that a long first reading goes on where it was interrupted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("owed", sa.Column("email", sa.Text, nullable=False), sa.PrimaryKeyConstraint("email", name="pk_owed"))
