-- The residents as Splink compares them, prepared as Fangge prepares its own: width, blanks and dots
-- of names, digits of phones, check digit and date of identifiers, sounds of names, halves of
-- identifiers, the site of an address. `sounds` holds each letter's sound; ? is the Parquet file.
CREATE TABLE ready AS
WITH plain AS (
    SELECT record_id AS unique_id,
        nullif(lower(translate(regexp_replace(name, '\s+', '', 'g'), '•・.‧．', '·····')), '')
            AS name,
        upper(regexp_replace(identifier, '[\s-]', '', 'g')) AS typed,
        regexp_replace(phone, '[^0-9]', '', 'g') AS digits,
        birth_on, sex, address_code,
        regexp_extract(address_code, '^([^-]+-[^-]+(-E)?(-B[0-9]+)?)') AS site
    FROM read_parquet(?)
), coded AS (
    SELECT *, CASE WHEN length(typed) = 18 THEN typed END AS written FROM plain
), checked AS (
    SELECT *, CASE WHEN regexp_full_match(written, '[1-9][0-9]{16}[0-9X]')
        AND try_strptime(written[7:14], '%Y%m%d') IS NOT NULL
        AND '10X98765432'[(
            (ascii(written[1]) - 48) * 7 + (ascii(written[2]) - 48) * 9 + (ascii(written[3]) - 48) * 10 +
            (ascii(written[4]) - 48) * 5 + (ascii(written[5]) - 48) * 8 + (ascii(written[6]) - 48) * 4 +
            (ascii(written[7]) - 48) * 2 + (ascii(written[8]) - 48) * 1 + (ascii(written[9]) - 48) * 6 +
            (ascii(written[10]) - 48) * 3 + (ascii(written[11]) - 48) * 7 + (ascii(written[12]) - 48) * 9 +
            (ascii(written[13]) - 48) * 10 + (ascii(written[14]) - 48) * 5 + (ascii(written[15]) - 48) * 8 +
            (ascii(written[16]) - 48) * 4 + (ascii(written[17]) - 48) * 2) % 11 + 1] = written[18] THEN written END AS identifier
    FROM coded
), named AS (
    SELECT name, string_agg(coalesce(sound, letter), ' ' ORDER BY place) AS name_sound
    FROM (SELECT name, unnest(string_split(name, '')) AS letter,
              generate_subscripts(string_split(name, ''), 1) AS place
          FROM (SELECT DISTINCT name FROM checked WHERE name IS NOT NULL))
    LEFT JOIN sounds USING (letter) GROUP BY name
)
SELECT unique_id, checked.name, name_sound, identifier, written, written[1:9] AS front,
    written[10:18] AS back, birth_on, sex, address_code, nullif(site, '') AS site,
    CASE WHEN length(digits) >= 7 THEN regexp_replace(digits, '^(0086|86)(1[0-9]{10})$', '\2')
        END AS phone
FROM checked LEFT JOIN named USING (name)
