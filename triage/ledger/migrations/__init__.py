"""How the tables came about, one file per step in `versions`. A step that was released is never changed."""
