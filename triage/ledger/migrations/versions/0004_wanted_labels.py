"""The labels that are wanted as rows of their own, so that what is to be changed is found without reading all that was concluded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FILL = {
    "postgresql": (
        "INSERT INTO wanted_labels (message_key, label, contact) SELECT DISTINCT wanted.message_key, one.value, wanted.contact "
        "FROM wanted, jsonb_array_elements_text(wanted.payload::jsonb -> 'labels') AS one(value)"
    ),
    "sqlite": (
        "INSERT INTO wanted_labels (message_key, label, contact) SELECT DISTINCT wanted.message_key, one.value, wanted.contact "
        "FROM wanted, json_each(wanted.payload, '$.labels') AS one"
    ),
}
"""From the labels that each row holds as JSON, which these two databases do not read alike."""


def upgrade() -> None:
    op.create_table(
        "wanted_labels",
        sa.Column("message_key", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("contact", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("message_key", "label", name="pk_wanted_labels"),
    )
    op.create_index("ix_wanted_labels_contact", "wanted_labels", ["contact"])
    op.create_index("ix_wanted_held", "wanted", ["held"])
    op.execute(_FILL[op.get_context().dialect.name])
