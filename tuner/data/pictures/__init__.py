"""Pictures: PNG and JPEG files in folders, decoded, resized, and as numbers for models of tables."""
