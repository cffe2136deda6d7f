//! What a picture is: shapes, layouts, hit ids, and their SVG.
