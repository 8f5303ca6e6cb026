-- The table of experiments/ablation_hindsight.toml:  sqlite3 results/results.sqlite < results/queries/hindsight.sql
-- The same bytes as  runexp table ablation_hindsight
--   --metric car/heading_error_median/moderate
--   --metric car/heading_within_10/moderate
--   --metric car/heading_within_30/moderate
--   --metric car/heading_flipped/moderate
--   --metric car/bev_overlap_50/moderate
--   --metric renders_per_object
--   --metric seconds_per_object
-- "shown" is mean ± standard deviation over seeds, rounded in the view v_summary (docs/database.md).
.mode markdown --wrap 0
.nullvalue -
SELECT r.label AS "arm", r.seeds AS "seeds",
       max(CASE WHEN metric = 'heading_error_median' THEN shown END) AS "car/heading_error_median/moderate [deg]",
       max(CASE WHEN metric = 'heading_within_10' THEN shown END) AS "car/heading_within_10/moderate [%]",
       max(CASE WHEN metric = 'heading_within_30' THEN shown END) AS "car/heading_within_30/moderate [%]",
       max(CASE WHEN metric = 'heading_flipped' THEN shown END) AS "car/heading_flipped/moderate [%]",
       max(CASE WHEN metric = 'bev_overlap_50' THEN shown END) AS "car/bev_overlap_50/moderate [%]",
       max(CASE WHEN metric = 'renders_per_object' THEN shown END) AS "renders_per_object [renders]",
       max(CASE WHEN metric = 'seconds_per_object' THEN shown END) AS "seconds_per_object [s]"
  FROM v_rows AS r
  LEFT JOIN v_summary AS s
    ON s.variant = r.variant AND s.experiment = 'ablation_hindsight'
   AND category IN ('', 'car') AND difficulty IN ('', 'moderate')
 WHERE r.experiment = 'ablation_hindsight'
 GROUP BY r.variant
 ORDER BY r.arm_order, r.position;
