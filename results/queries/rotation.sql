-- The table of experiments/ablation_rotation.toml; the same bytes as `runexp table ablation_rotation`:
--   sqlite3 results/results.sqlite < results/queries/rotation.sql
-- "shown" is mean ± standard deviation over seeds, rounded in the view v_summary (docs/database.md).
.mode markdown --wrap 0
.nullvalue -
SELECT r.label AS "arm", r.seeds AS "seeds",
       max(CASE WHEN metric = 'heading_error_median'  THEN shown END) AS "heading [deg]",
       max(CASE WHEN metric = 'heading_within_10'     THEN shown END) AS "< 10 deg [%]",
       max(CASE WHEN metric = 'heading_within_30'     THEN shown END) AS "< 30 deg [%]",
       max(CASE WHEN metric = 'heading_flipped'       THEN shown END) AS "flipped [%]",
       max(CASE WHEN metric = 'location_error_median' THEN shown END) AS "location [m]",
       max(CASE WHEN metric = 'bev_overlap_50'        THEN shown END) AS "BEV >= 0.5 [%]",
       max(CASE WHEN metric = 'volume_overlap_50'     THEN shown END) AS "3-D >= 0.5 [%]",
       max(CASE WHEN metric = 'ap_bev' AND recall_positions = 40 THEN shown END) AS "BEV AP40 [%]",
       max(CASE WHEN metric = 'ap_3d'  AND recall_positions = 40 THEN shown END) AS "3-D AP40 [%]",
       max(CASE WHEN metric = 'ap_bev' AND recall_positions = 11 THEN shown END) AS "BEV AP11 [%]",
       max(CASE WHEN metric = 'seconds_per_object'    THEN shown END) AS "time [s]"
  FROM v_rows AS r
  LEFT JOIN v_summary AS s
    ON s.variant = r.variant AND s.experiment = 'ablation_rotation'
   AND category IN ('', 'car')
   AND (metric NOT IN ('ap_bev', 'ap_3d') OR difficulty = 'moderate' AND iou = 0.5)
 WHERE r.experiment = 'ablation_rotation'
 GROUP BY r.variant
 ORDER BY r.arm_order, r.position;
