import { utf8 } from '../lib/byte-writer.ts';
import productData from './data/products.json' with { type: 'json' };
import { stretch } from './order-json.ts';
import { AliasTable, Random, zipfWeights } from './random.ts';

/** An article of the catalogue, the same for every seed. */
export interface Product {
  /** An item's JSON from before the rid to before the sale, and from after the total to before the status. */
  readonly nameJson: Uint8Array;
  readonly brandJson: Uint8Array;
  /** The JSON from after the sale to before the total, by size. */
  readonly sizes: readonly Uint8Array[];
  /** Identifier of the first size; the others follow. */
  readonly chrtId: number;
  /** US cents. */
  readonly cents: number;
}

const PRODUCTS = 4_096;
const CATALOGUE_SEED = 20_211_126;
const BLANK_RID = '0'.repeat(17);

const popularity = new AliasTable(zipfWeights(PRODUCTS, 20));
const products = makeCatalogue();

/** An article, popular ones more often. */
export function drawProduct(random: Random): Product {
  const product = products[popularity.draw(random)];
  if (product === undefined) throw new RangeError('no such product');
  return product;
}

function makeCatalogue(): Product[] {
  const categories = productData.map((category) => ({
    ...category,
    brands: category.brands.split(';'),
    names: category.names.split(';'),
    sizes: category.sizes.split(';').map((size) => utf8(stretch({ '/items/size': size }, '/items/total_price'))),
  }));
  const shares = new AliasTable(categories.map((category) => category.weight));
  const random = new Random();
  return Array.from({ length: PRODUCTS }, (_, at) => {
    random.reset(CATALOGUE_SEED, at, 0);
    const category = categories[shares.draw(random)];
    if (category === undefined) throw new RangeError('no such category');
    const name = random.pick(category.names);
    const brand = random.pick(category.brands);
    // The lower of two draws: cheap articles are more common than dear ones.
    const spread = category.to - category.from;
    const cents = category.from + Math.min(random.below(spread), random.below(spread));
    const nmId = 1_000_000 + at * 2_000 + random.below(2_000);
    return {
      nameJson: utf8(stretch({ '/items/rid': `${BLANK_RID}test`, '/items/name': name }, '/items/sale')),
      brandJson: utf8(stretch({ '/items/nm_id': `${nmId}`, '/items/brand': brand }, '/items/status')),
      sizes: category.sizes,
      chrtId: 1_000_000 + at * 2_000 + random.below(1_990),
      cents,
    };
  });
}
