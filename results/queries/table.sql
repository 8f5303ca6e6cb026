-- The table of an experiment, for the sqlite3 shell: the same bytes as `runexp table EXPERIMENT`
-- with a --metric PATH for each path below, or without any for an experiment that is not named here.
--
--   sqlite3 -cmd ".parameter set @experiment figures" results/results.sqlite < results/queries/table.sql
--
-- "shown" is mean ± standard deviation over seeds, rounded in the view v_summary (docs/database.md).
.mode list
.headers off
WITH paper (experiments, paths) AS (VALUES
  ('ablation_box',
   '["car/heading_error_median/hard", "car/heading_within_30/hard", "car/heading_quarter_turned/hard",
     "car/size_error_mean/hard", "car/location_error_median/hard", "car/bev_overlap_50/hard",
     "car/ap_bev/hard/0.5/AP40"]'),
  ('ablation_confidence',
   '["car/ap_bev/moderate/0.5/AP40", "car/ap_bev/moderate/0.7/AP40", "car/ap_3d/moderate/0.5/AP40",
     "car/bev_overlap_50/moderate"]'),
  ('ablation_depth',
   '["car/heading_error_median/moderate", "car/heading_within_30/moderate", "car/location_error_median/moderate",
     "car/radial_error_median/moderate", "car/radial_bias_median/moderate", "car/bev_overlap_50/moderate",
     "car/volume_overlap_50/moderate", "car/ap_bev/moderate/0.5/AP40", "car/ap_bev/moderate/0.7/AP40"]'),
  ('figures kitti_val real_frames',
   '["car/heading_error_median/moderate", "car/heading_within_30/moderate", "car/location_error_median/moderate",
     "car/size_error_mean/moderate", "car/bev_overlap_50/moderate", "car/bev_overlap_70/moderate",
     "car/volume_overlap_70/moderate", "car/ap_bev/moderate/0.7/AP40", "car/ap_3d/moderate/0.7/AP40",
     "car/ap_bev/moderate/0.5/AP40", "skipped_objects"]'),
  ('ablation_hindsight',
   '["car/heading_error_median/moderate", "car/heading_within_10/moderate", "car/heading_within_30/moderate",
     "car/heading_flipped/moderate", "car/bev_overlap_50/moderate", "renders_per_object", "seconds_per_object"]'),
  ('ablation_renderer',
   '["car/heading_error_median/moderate", "car/heading_within_30/moderate", "car/radial_error_median/moderate",
     "car/radial_bias_median/moderate", "car/size_error_mean/moderate", "car/bev_overlap_50/moderate",
     "car/ap_bev/moderate/0.5/AP40", "seconds_per_object"]'),
  ('ablation_segmentation',
   '["car/heading_error_median/moderate", "car/heading_within_30/moderate", "car/location_error_median/moderate",
     "car/radial_error_median/moderate", "car/radial_bias_median/moderate", "car/size_error_mean/moderate",
     "car/bev_overlap_50/moderate", "car/ap_bev/moderate/0.5/AP40"]'),
  ('ablation_shape_prior',
   '["shape_iou", "shape_chamfer_error", "car/fitted_shape_iou/moderate",
     "car/fitted_shape_chamfer_error/moderate", "car/heading_error_median/moderate",
     "car/heading_within_30/moderate", "car/location_error_median/moderate", "car/bev_overlap_50/moderate",
     "car/ap_bev/moderate/0.5/AP40"]'),
  ('ablation_size',
   '["car/size_error_mean/moderate", "car/radial_error_median/moderate", "car/radial_bias_median/moderate",
     "car/location_error_median/moderate", "car/bev_overlap_50/moderate", "car/ap_bev/moderate/0.5/AP40",
     "car/heading_within_30/moderate"]')),
named AS (
  SELECT key AS place, n.*, d.title, n.recall_positions > 0 AS is_ap
    FROM paper, json_each(paths) AS asked JOIN v_metric_names AS n ON n.path = asked.value
    LEFT JOIN metric_definition AS d ON d.name = n.name
   WHERE instr(' ' || experiments || ' ', ' ' || @experiment || ' ')
     AND n.id IN (SELECT metric_id FROM v_summary WHERE v_summary.experiment = @experiment)
),
alike AS (  -- what columns of one title differ in stands behind it, and what is unusual of AP
  SELECT *, min(iou) OVER same < max(iou) OVER same OR is_ap AND iou <> 0.5 AS says_iou,
         min(difficulty) OVER same < max(difficulty) OVER same OR is_ap AND difficulty <> 'moderate' AS says_difficulty,
         min(category) OVER same < max(category) OVER same AS says_category
    FROM named WINDOW same AS (PARTITION BY name, recall_positions)
),
asked AS (  -- the columns: a path each, or those that tables have by default
  SELECT place,
         iif(title IS NULL, path,
             title || iif(is_ap, recall_positions, '') || iif(says_iou AND iou > 0, ' ' || iou, '')
             || iif(says_difficulty AND difficulty <> '', ' ' || difficulty, '')
             || iif(says_category AND category <> '', ' ' || category, ''))
         || ' [' || iif(unit = '1', '%', unit) || ']' AS title, id AS metric
    FROM alike
  UNION ALL
  SELECT position, title, m.id
    FROM default_column AS c LEFT JOIN metric_name AS m
      ON m.name = metric AND m.iou = c.iou AND m.recall_positions = c.recall_positions
     AND c.difficulty IN ('', m.difficulty)
     AND category IN ('', (SELECT category FROM metric_name WHERE name LIKE 'ap!_%' ESCAPE '!'
                            ORDER BY category <> 'car', id LIMIT 1))
   WHERE NOT EXISTS (SELECT 1 FROM paper WHERE instr(' ' || experiments || ' ', ' ' || @experiment || ' '))
),
entry AS (  -- line 0 holds the titles; columns -2 and -1 the row's name and its seeds
  SELECT 0 AS line, -2 AS place, 'arm' AS text UNION ALL SELECT 0, -1, 'seeds'
  UNION ALL SELECT DISTINCT 0, place, title FROM asked
  UNION ALL
  SELECT variant, -2, label || iif(instr(label, '(supervised)') = 0 AND EXISTS (
           SELECT 1 FROM main.cell AS c WHERE c.variant = v_rows.variant AND is_current AND state = 'done'
              AND instr(message, 'supervised: its predictor was trained with labels')), ' (supervised)', '')
    FROM v_rows WHERE experiment = @experiment
  UNION ALL SELECT variant, -1, seeds FROM v_rows WHERE experiment = @experiment
  UNION ALL
  SELECT r.variant, place, coalesce(max(shown), '-')
    FROM v_rows AS r CROSS JOIN asked
    LEFT JOIN v_summary AS s
      ON s.variant = r.variant AND s.experiment = @experiment AND s.metric_id = asked.metric
   WHERE r.experiment = @experiment
   GROUP BY r.variant, place
),
measured AS (
  SELECT *, max(length(text)) OVER (PARTITION BY place) AS width FROM entry
),
padded AS (  -- titles centred, all else to the left; then the line below the titles
  SELECT line, place, substr(printf('%*s', width, ''), 1, iif(line = 0, (width - length(text)) / 2, 0)) || text AS text,
         width FROM measured
),
cell AS (
  SELECT line, place, '| ' || text || substr(printf('%*s', width, ''), 1, width - length(text)) || ' ' AS text FROM padded
  UNION ALL
  SELECT 0.5, place, '|' || replace(printf('%*s', width + 2, ''), ' ', '-') FROM padded WHERE line = 0
),
joined AS (
  SELECT line, row_number() OVER (PARTITION BY line ORDER BY place DESC) AS last,
         group_concat(text, '') OVER (PARTITION BY line ORDER BY place) || '|' AS text
    FROM cell
)
SELECT text FROM joined LEFT JOIN v_rows AS r ON r.variant = line
 WHERE last = 1
 ORDER BY line >= 1, line < 1 AND line > 0, arm_order, position;
